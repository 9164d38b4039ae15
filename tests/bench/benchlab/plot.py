"""The plot, as SVG by hand: a group of bars for each scenario, a bar for each row's median of its first figure."""
from html import escape

WIDTH, LEFT, BAR, GAP = 900, 260, 18, 6
OURS, THEIRS = "#1f6f8b", "#b8b8b8"


def svg(data):
    parts, y = [], 16
    for name, scenario in data["scenarios"].items():
        bars = [(row["who"], *next(iter(row["medians"].items()))) for row in scenario["rows"] if row["medians"]]
        bars = [(who, key, value) for who, key, value in bars if isinstance(value, (int, float))]
        if not bars:
            continue
        y += 18
        parts.append(text(12, y, f"{name}: {bars[0][1]}", "font-weight='bold'"))
        y += 10
        most = max(value for _, _, value in bars) or 1
        for who, _, value in bars:
            width = max(1, (WIDTH - LEFT - 90) * value / most)
            colour = OURS if who.startswith("deployctl") else THEIRS
            parts.append(text(LEFT - 8, y + 13, who, "text-anchor='end'"))
            parts.append(f"<rect x='{LEFT}' y='{y}' width='{width:.1f}' height='{BAR}' fill='{colour}'/>")
            parts.append(text(LEFT + width + 6, y + 13, f"{value:.3g}"))
            y += BAR + GAP
        y += 10
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{y + 30}' font-family='sans-serif' font-size='12'>"
    foot = text(12, y + 16, data["machine"], "fill='#666' font-size='10'")
    return f"{head}<rect width='100%' height='100%' fill='white'/>{''.join(parts)}{foot}</svg>\n"


def text(x, y, words, more=""):
    return f"<text x='{x:.1f}' y='{y:.1f}' {more}>{escape(words)}</text>"
