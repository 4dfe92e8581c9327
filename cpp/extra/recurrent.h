// Recurrent nets: RNN, LSTM and GRU, one direction of one layer as one operation.
//
// A cell takes what it remembers and what it sees to what it remembers next. Over a sequence that
// is a loop, and its backward is the loop the other way. What does not depend on the memory, the
// product of the inputs with their weight, is done for all steps at once by the caller; here are
// the steps, each one product of the memory with its weight and one pass over the gates.
//
// Sequences of different lengths are packed: step t holds the first batch_sizes[t] of them, the
// longest first. All of one length is the special case of equal sizes.
#pragma once
#include <vector>

#include "modules/autograd/functions.h"

namespace tinytorch {

enum class Cell : uint8_t { kTanh, kRelu, kLstm, kGru };

/// Gates that a cell computes: 1, 1, 4 (input, forget, cell, output) or 3 (reset, update, new).
int64_t gates_of(Cell cell);

/// What one direction of one layer needs.
struct Recurrence {
  Cell cell;
  std::vector<int64_t> batch_sizes;  // of each step, never rising
  bool reverse = false;              // from the last step to the first
};
/// The memory at every step, and after the last step of each sequence; c of an LSTM only.
struct Remembered {
  Variable output, h, c;
};
/// inputs: (sum of batch_sizes, G H), the inputs' part of the gates with its bias;
/// h: (N, P), c: (N, H) of an LSTM; weight: (G H, P), bias: (G H) or undefined;
/// projection: (P, H) or undefined, of an LSTM. -> output (sum of batch_sizes, P), h, c.
Remembered recur(const Recurrence& how, const Variable& inputs, const Variable& h,
                 const Variable& c, const Variable& weight, const Variable& bias,
                 const Variable& projection = {});

}  // namespace tinytorch
