/**
 * Draws a call tree as a flame graph (https://www.brendangregg.com/flamegraphs.html), in which callers are
 * above the functions that they call.
 */
import type { ProfileFrame, ProfileFrameOrigin } from './cpu-profile.ts';

const WIDTH = 1200;
const ROW = 17;
const HEADER = 44;
/**
 * The minimum width of a frame in the flame graph, in px. Narrower frames are not drawn, but their time is
 * still part of the width of their callers.
 */
const NARROWEST = 2.4;
/** The width of a character with a font size of 11 px, in px. */
const CHARACTER = 6.3;

const COLORS: Readonly<Record<ProfileFrameOrigin, string>> = {
  ours: '#f2b366',
  package: '#a8c8e8',
  node: '#d5d5d5',
};

/**
 * Returns a flame graph as SVG. When the pointer is over a frame, the graph shows the frame's whole name and time.
 * @param operations how many operations the call tree covers; the times in the graph are per operation
 */
export function drawFlameGraph(
  tree: ProfileFrame,
  { title, operations }: { readonly title: string; readonly operations: number },
): string {
  const scale = WIDTH / tree.ms;
  const boxes: string[] = [];
  let deepest = 0;

  function draw(frame: ProfileFrame, left: number, depth: number): void {
    const width = frame.ms * scale;
    if (width < NARROWEST) return;
    deepest = Math.max(deepest, depth);
    boxes.push(drawBox(frame, { left, width, top: HEADER + depth * ROW, operations, whole: tree.ms }));
    let next = left;
    for (const callee of [...frame.callees.values()].toSorted((a, b) => b.ms - a.ms)) {
      draw(callee, next, depth + 1);
      next += callee.ms * scale;
    }
  }

  draw(tree, 0, 0);
  const height = HEADER + (deepest + 1) * ROW + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<title>${escapeXml(title)}</title>
<style>rect{stroke:#fff;stroke-width:.5}.o{fill:${COLORS.ours}}.p{fill:${COLORS.package}}.n{fill:${COLORS.node}}</style>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="4" y="17" font-size="14">${escapeXml(title)}</text>
<text x="4" y="35"><tspan fill="#b36b00">■ Latchkey</tspan>  <tspan fill="#4f7fb0">■ packages</tspan>  <tspan fill="#888">■ Node</tspan></text>
${boxes.join('\n')}
</svg>
`;
}

interface Box {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly operations: number;
  /** The time of the whole call tree, in ms. */
  readonly whole: number;
}

function drawBox({ name, owner, ms }: ProfileFrame, { left, width, top, operations, whole }: Box): string {
  const time = `${(ms / operations).toFixed(3)} ms, ${((100 * ms) / whole).toFixed(1)} %`;
  const label = name.slice(0, Math.max(0, Math.floor((width - 6) / CHARACTER)));
  const text =
    label.length < 3 ? '' : `<text x="${(left + 3).toFixed(1)}" y="${top + 12}">${escapeXml(label)}</text>`;
  const box = `<rect class="${owner[0]}" x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW}"/>`;
  return `<g><title>${escapeXml(`${name}: ${time}`)}</title>${box}${text}</g>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
