export {
  type Brand,
  brandNameField,
  brandOf,
  brandSettings,
  DEFAULT_BRAND_NAME,
  brandFaults,
} from './brand.ts';
export { type Palette, paletteOf } from './palette.ts';
