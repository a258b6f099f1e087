/**
 * The product's name, logo and color on pages and in mails. The settings must be the same on auth and the
 * notifier.
 */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { type BrandPalette, createPalette, findBrandColorFault } from './palette.ts';

export const DEFAULT_BRAND_NAME = 'Latchkey';
const MAX_LOGO_BYTES = 256 * 1024;
const UNREADABLE = 'must be a file that can be read';
const LOGO_PATH = '/api/v1/auth/logo';

interface Logo {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * The image formats that mail programs show, with the first bytes of their files. SVG is missing, because
 * mail programs do not show it.
 */
const IMAGES: readonly (readonly [type: string, start: Buffer])[] = [
  ['image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff])],
  ['image/gif', Buffer.from('GIF8')],
];

/**
 * Reads the logo.
 * @returns the logo, or a description of what is wrong with the file
 * @throws Error if the file cannot be read
 */
function readLogo(path: string): Logo | string {
  const stats = statSync(path);
  // Reading a device or a pipe might never end, so only a regular file is accepted.
  if (!stats.isFile()) return UNREADABLE;
  if (stats.size > MAX_LOGO_BYTES) return `must be a file of at most ${MAX_LOGO_BYTES / 1024} KiB`;
  const bytes = readFileSync(path);
  const type = IMAGES.find(([, start]) => bytes.subarray(0, start.length).equals(start))?.[0];
  return type === undefined
    ? 'must be a PNG, JPEG or GIF: mail programs show no other images'
    : { type, bytes };
}

const logoFile = z.string().transform((path, context) => {
  function fail(message: string) {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  try {
    const logo = readLogo(path);
    return typeof logo === 'string' ? fail(logo) : logo;
  } catch {
    return fail(UNREADABLE);
  }
});

const color = z.string().superRefine((text, context) => {
  const message = findBrandColorFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

export const brandNameField = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine((text) => !/\p{Cc}/u.test(text), 'must not contain control characters')
  .optional()
  .describe(`The product's name on pages and in mails. Default: \`${DEFAULT_BRAND_NAME}\`.`);

export const brandSettings = {
  BRAND_NAME: brandNameField,
  BRAND_COLOR: color
    .optional()
    .describe(
      'The color of buttons and links on pages and in mails, as `#rrggbb`. The contrast of this color with white must be at least 4.5 : 1; the color for dark mode is derived from this color.',
    ),
  BRAND_LOGO_URL: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .optional()
    .describe(
      'The URL of an image that pages and mails show instead of the name. The server of the image sees the IP address of everybody who opens a page or a mail.',
    ),
  BRAND_LOGO_FILE: logoFile
    .optional()
    .describe(
      'A PNG, JPEG or GIF of at most 256 KiB that pages and mails show instead of the name; served by auth. auth and the notifier must both be able to read this file.',
    ),
};

type BrandConfig = z.infer<z.ZodObject<typeof brandSettings>>;

/** Describes the faults of a combination of settings. The individual settings must be valid. */
export function findFaultsInBrandSettings({
  BRAND_LOGO_URL,
  BRAND_LOGO_FILE,
}: BrandConfig): readonly (readonly ['BRAND_LOGO_FILE', string])[] {
  return BRAND_LOGO_URL === undefined || BRAND_LOGO_FILE === undefined
    ? []
    : [['BRAND_LOGO_FILE', 'must not be set together with BRAND_LOGO_URL']];
}

export interface Brand {
  readonly name: string;
  /** The colors of the brand; undefined if the default colors apply. */
  readonly palette: BrandPalette | undefined;
  readonly logo:
    | {
        readonly url: string;
        /** The origin of the logo's URL, if the logo is on another server. */
        readonly origin: string | undefined;
        /** The logo's file, which auth serves at `url`; undefined if another server serves the logo. */
        readonly file: Logo | undefined;
      }
    | undefined;
}

/**
 * Returns the brand that the settings describe.
 * @param publicUrl the URL at which browsers and mail programs reach auth, without a slash at the end
 */
export function createBrand(config: BrandConfig, publicUrl: string): Brand {
  const { BRAND_NAME, BRAND_COLOR, BRAND_LOGO_URL, BRAND_LOGO_FILE: file } = config;
  const remote = BRAND_LOGO_URL && {
    url: BRAND_LOGO_URL,
    origin: new URL(BRAND_LOGO_URL).origin,
    file: undefined,
  };
  return {
    name: BRAND_NAME ?? DEFAULT_BRAND_NAME,
    palette: BRAND_COLOR === undefined ? undefined : createPalette(BRAND_COLOR),
    logo: remote || (file && { url: `${publicUrl}${LOGO_PATH}`, origin: undefined, file }),
  };
}
