export {
  type Brand,
  brandFaults,
  brandNameField,
  brandOf,
  brandSettings,
  DEFAULT_BRAND_NAME,
} from './brand.ts';
export { type Palette, paletteOf } from './palette.ts';
