// Patches: what the windows of a convolution see, as the matrix that im2col would make, but never
// as a whole.
//
// Row t of the matrix is an element (c, r, s) of the window, column j a place (n, p, q) of the
// result. Written out it is R * S times as large as the pictures. Here the pictures are copied
// once, with their padding, and with rows and columns sorted by their remainder modulo the stride.
// In that copy, moving from place (n, p, q) to (n, p, q + 1) is one step in memory for every
// stride, and going from an element of the window to another is a shift that is the same for all
// places: entry (t, j) lies at shift(t) + start(j). So a piece of the matrix that fits in cache is
// made by copying runs of Q floats, just before it is multiplied.
//
// The gradient by the pictures goes the same way backwards: `add` to the copy where `pack` reads,
// `store` where `load` reads.
#pragma once
#include <vector>

#include "accelerated/scratch.h"
#include "accelerated/tile.h"
#include "modules/spatial/spatial.h"

namespace tinytorch::fast {

/// Some channels of pictures, and the windows on them.
struct PatchShape {
  int64_t channels, height, width;
  int64_t size[2];    // of the window: R, S
  int64_t places[2];  // of the result: P, Q
  spatial::Window window;
  int64_t image_stride;  // from a picture to the next, in floats

  int64_t elements() const { return channels * size[0] * size[1]; }
  int64_t image_places() const { return places[0] * places[1]; }
};

/// A range of the batch; where it is a single picture, perhaps only some rows of its places.
struct Band {
  int64_t image, images, row, rows;
};

/// Bands that cover all places of n pictures, in order, the largest first, and of which a copy
/// stays in cache; at least `least` if there are so many rows, or pictures where these stay whole.
std::vector<Band> bands_of(const PatchShape& shape, int64_t n, int64_t least, bool whole = false);

class Patches {
 public:
  /// `largest`: no band will be larger.
  Patches(const PatchShape& shape, const Band& largest);

  int64_t places() const { return band_.images * band_.rows * shape_.places[1]; }

  /// Copies the pictures of a band.  x: the first of these channels in the batch's first picture.
  void load(const float* x, const Band& band);
  /// Elements [first, last) of the matrix at places [place, place + count) of the band, to rows
  /// `width` apart.  Up to kLanes - 1 floats after the last row are overwritten too.
  void pack(int64_t first, int64_t last, int64_t place, int64_t count, float* to, int64_t width);

  /// The gradient's way: a copy of zeros, what is added to it, and where that belongs.  Bands are
  /// of whole pictures.
  void clear(const Band& band);
  void add(const float* from, int64_t width, int64_t place, int64_t count);
  void store(float* x) const;

  /// For who reads the copy itself: rows of places are pitch() apart, pictures image_pitch(), and
  /// element t of the window of the first place is at copy() + shifts()[t].
  const float* copy() const { return data_; }
  const int64_t* shifts() const { return shifts_.data(); }
  int64_t pitch() const { return columns_; }
  int64_t image_pitch() const { return rows_ * columns_; }

 private:
  // The remainders of a dim modulo the stride that the window meets.  Each has a part of the copy.
  struct Phases {
    std::vector<int64_t> remainders;
    int64_t most_shift;

    Phases(const PatchShape& shape, int dim);
    int64_t count() const { return static_cast<int64_t>(remainders.size()); }
    int64_t find(int64_t remainder) const;  // -1 where no window looks
  };
  // Of a phase, the columns [begin, end) that lie in the picture, the first at its column `first`.
  struct Inside {
    int64_t begin, end, first;
  };
  struct Run {
    int64_t start, count;
  };

  void resize(const Band& band);
  int64_t part(int64_t channel, int64_t row_phase, int64_t column_phase, int64_t image) const;
  void find_runs(int64_t place, int64_t count);

  PatchShape shape_;
  Phases row_phases_, column_phases_;
  Band band_ = {};
  int64_t rows_ = 0, columns_;  // of one phase of a picture in the copy
  std::vector<Inside> inside_;  // of every column phase
  int64_t pairs_ = 0;           // at stride 2: columns that lie side by side,
  size_t even_ = 0;             // and the phase of the first of them
  std::vector<int64_t> shifts_;
  std::vector<Run> runs_;
  Ref<Storage> memory_;
  float* data_ = nullptr;
};

}  // namespace tinytorch::fast
