# SPDX-License-Identifier: Apache-2.0
"""A screen as SVG: python doc/screen.py KEYS WxH MODEL... >doc/screen.svg
The program is $MLI, or build/mlinspect; colours are those of ui/style.def."""
import os
import pathlib
import re
import subprocess
import sys
from html import escape

W, H = 8.4, 18
REVERSED = "#dfe3e6"


def styles():
    path = pathlib.Path(__file__).parent.parent / "ui/style.def"
    found = {}
    for line in path.read_text().splitlines():
        if m := re.match(r"STYLE\(\w+, +'(.)',.*?(0x\w{6}|-1), +(.*)\)", line):
            letter, rgb, looks = m.groups()
            found[letter] = ("#" + rgb[2:] if rgb != "-1" else "#222222", "BOLD" in looks)
    return found


def runs(text, look):
    look = look.ljust(len(text))
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or look[i] != look[start]:
            yield start, text[start:i], look[start]
            start = i


def main():
    keys, size, *models = sys.argv[1:]
    width, height = map(int, size.split("x"))
    program = os.environ.get("MLI", "build/mlinspect")
    lines = subprocess.run([program, f"--keys={keys}<styles>Q", f"--size={size}", *models],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    known = styles()
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{16 + width * W:.0f}" '
          f'height="{12 + height * H}" font-family="Menlo,DejaVu Sans Mono,monospace" '
          'font-size="14" xml:space="preserve">\n<rect width="100%" height="100%" '
          'fill="#fdfdfb"/>')
    for y in range(height):
        text, look = lines[y].ljust(width), lines[height + y].ljust(width)
        for x, part, letter in runs(text, look):
            back = letter == "~" or letter not in known and letter.lower() in known or y == 0
            colour, bold = known.get(letter, known.get(letter.lower(), ("#222222", False)))
            left, wide = 8 + x * W, len(part) * W
            if back:
                print(f'<rect x="{left:.1f}" y="{4 + y * H}" width="{wide:.1f}" '
                      f'height="{H}" fill="{REVERSED}"/>')
            if part.strip():
                weight = ' font-weight="bold"' if bold else ""
                print(f'<text x="{left:.1f}" y="{18 + y * H}" textLength="{wide:.1f}" '
                      f'fill="{colour}"{weight}>{escape(part)}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
