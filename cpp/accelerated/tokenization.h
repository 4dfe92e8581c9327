// Text cut, counted, merged and encoded fast: the twins of the unit tokenization.
#pragma once
#include <string_view>

#include "modules/tokenization/tokenization.h"

namespace tinytorch::fast {

/// Where the first piece of bytes that are not empty ends.  Reads UTF-8 as it lies in memory, one
/// table look-up a byte while the text is ASCII.
const char* piece_end(const char* at, const char* end);

void count_words(std::string_view text, tokenization::WordCounts& counts);
/// Remembers in which words each pair occurs, and keeps the pairs in a heap: a round touches what
/// it changes and nothing else.
std::vector<tokenization::Merge> train_pairs(const tokenization::WordCounts& words,
                                             const tokenization::Plan& plan);
/// Remembers the ids of short pieces, so that a word that comes again costs one look-up.
void encode_text(const tokenization::BytePairs& model, std::string_view text,
                 tokenization::Ids& ids);

}  // namespace tinytorch::fast
