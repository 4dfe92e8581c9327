"""Writes the table of letters and numbers that splitting text needs.

    python scripts/unicode_ranges.py > cpp/modules/tokenization/unicode_ranges.h

The categories are those of the `tiktoken` that is installed, asked character by character, so that
text is split as its models were trained. Run it again when tiktoken moves to a newer Unicode, and
write that version into UNICODE.
"""

import tiktoken

UNICODE = "16.0"
ALL = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
BYTES = {bytes([byte]): byte for byte in range(256)}
HEAD = f"""\
// Letters and numbers of Unicode {UNICODE}, as ranges.  Written by scripts/unicode_ranges.py.
#pragma once
#include <cstdint>

namespace tinytorch::tokenization {{

struct Range {{
  char32_t first, last;
}};
"""


def ranges(pattern: str) -> list[tuple[int, int]]:
    """First and last code of every run of characters that the pattern matches."""
    matching = tiktoken.Encoding(
        "ranges", pat_str=pattern, mergeable_ranks=BYTES, special_tokens={}
    )
    found: list[tuple[int, int]] = []
    for character in matching.decode(matching.encode_ordinary(ALL)):
        code = ord(character)
        if found and found[-1][1] == code - 1:
            found[-1] = found[-1][0], code
        else:
            found.append((code, code))
    return found


def table(name: str, pattern: str) -> str:
    entries = [f"{{{first:#x}, {last:#x}}}" for first, last in ranges(pattern)]
    lines, line = [], ""
    for entry in entries:
        if len(line) + len(entry) > 96:
            lines.append(line.rstrip())
            line = ""
        line += entry + ", "
    lines.append(line.rstrip().rstrip(","))
    body = "\n".join(f"    {line}" for line in lines)
    return f"\ninline constexpr Range {name}[] = {{\n{body}}};\n"


def main() -> None:
    print(HEAD, end="")
    print("\n// clang-format off", end="")
    print(table("kLetters", r"\p{L}"), end="")
    print(table("kNumbers", r"\p{N}"), end="")
    print("// clang-format on\n\n}  // namespace tinytorch::tokenization")


if __name__ == "__main__":
    main()
