/**
 * The colors of pages and mails, derived from one color. The minimum contrasts are from WCAG 2.2 (success
 * criterion 1.4.3).
 */

/** The colors of one color scheme, light or dark, each as `#rrggbb`. */
export interface SchemeColors {
  /** The color of buttons, links and highlighted text. */
  readonly accent: string;
  /** The color of a button under the mouse pointer. */
  readonly strong: string;
  /** The background color of highlighted text. */
  readonly soft: string;
  /** The color of the text on a button. */
  readonly onAccent: string;
}

export interface BrandPalette {
  readonly light: SchemeColors;
  readonly dark: SchemeColors;
}

const WHITE = '#ffffff';
const BLACK = '#000000';
/** The background color of the dark scheme, on which text is shown. */
const DARK_GROUND = '#1b1f23';
const ON_DARK_ACCENT = '#0d1f1b';

/**
 * The minimum contrast between text and its background. The colors of the dark scheme are computed so that
 * they reach this contrast.
 */
export const MIN_CONTRAST_RATIO = 4.5;
const DARK_CONTRAST = 6;
const STEPS = 50;

function channels(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}

/** Mixes two colors. @param share the share of the second color in the result, from 0 to 1 */
function mix(one: string, other: string, share: number): string {
  const others = channels(other);
  const mixed = channels(one).map((value, index) => {
    const rounded = Math.round(value + ((others[index] ?? 0) - value) * share);
    return rounded.toString(16).padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}

/** Returns the relative luminance of a color, from 0 to 1. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns the contrast of two colors, from 1 to 21. */
export function contrastRatioOf(firstColor: string, secondColor: string): number {
  const [lighter = 0, darker = 0] = [luminance(firstColor), luminance(secondColor)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/**
 * Returns `color`, mixed with just enough of the color `end` to reach a contrast of at least `enough` with
 * the background `ground`.
 */
function shifted(color: string, end: string, ground: string, enough: number): string {
  for (let step = 0; step < STEPS; step += 1) {
    const candidate = mix(color, end, step / STEPS);
    if (contrastRatioOf(candidate, ground) >= enough) return candidate;
  }
  return end;
}

/**
 * Returns why a color is unsuitable for buttons with white text and for links on a white background;
 * undefined if it is suitable.
 */
export function findBrandColorFault(brandColor: string): string | undefined {
  if (!/^#[0-9a-f]{6}$/i.test(brandColor)) return 'must be a color as #rrggbb, such as #0f6b5c';
  const found = contrastRatioOf(brandColor, WHITE);
  if (found >= MIN_CONTRAST_RATIO) return undefined;
  const better = shifted(brandColor, BLACK, WHITE, MIN_CONTRAST_RATIO);
  return `has a contrast of ${found.toFixed(1)} : 1 to white, but text needs ${MIN_CONTRAST_RATIO} : 1 (WCAG 2.2, 1.4.3); ${better} has it`;
}

/**
 * Returns the colors for the light and the dark color scheme.
 * @param brandColor a color for which `findBrandColorFault` returns undefined
 */
export function createPalette(brandColor: string): BrandPalette {
  const dark = shifted(brandColor, WHITE, DARK_GROUND, DARK_CONTRAST);
  return {
    light: {
      accent: brandColor,
      strong: mix(brandColor, BLACK, 0.2),
      soft: mix(brandColor, WHITE, 0.88),
      onAccent: WHITE,
    },
    dark: {
      accent: dark,
      strong: mix(dark, WHITE, 0.25),
      soft: mix(dark, DARK_GROUND, 0.8),
      onAccent: ON_DARK_ACCENT,
    },
  };
}
