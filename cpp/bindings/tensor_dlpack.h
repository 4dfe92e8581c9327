// DLPack: how array libraries lend each other memory inside one process, as its C header has it.
//
// A producer hands out a struct that says where the numbers lie, and a function that gives them
// back. Version 1 put a version and flags before the rest. https://dmlc.github.io/dlpack
#pragma once
#include <cstdint>

namespace tinytorch::dlpack {

struct Device {
  int32_t type;  // kCpu is ours; pinned memory is the CPU's, too
  int32_t id;
};
inline constexpr int32_t kCpu = 1, kPinned = 3;

struct DataType {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
};
enum Code : uint8_t { kInt = 0, kUInt = 1, kFloat = 2, kBFloat = 4, kBool = 6 };

struct Array {
  void* data;
  Device device;
  int32_t ndim;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; null when row-major
  uint64_t byte_offset;
};

/// In capsules named "dltensor", and "used_dltensor" once taken.
struct Managed {
  Array array;
  void* context;
  void (*deleter)(Managed*);
};

/// In capsules named "dltensor_versioned".
struct ManagedVersioned {
  struct {
    uint32_t major, minor;
  } version;
  void* context;
  void (*deleter)(ManagedVersioned*);
  uint64_t flags;
  Array array;
};
inline constexpr uint64_t kReadOnly = 1, kCopied = 2;

}  // namespace tinytorch::dlpack
