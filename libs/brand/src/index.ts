export {
  type Brand,
  brandNameField,
  brandOf,
  brandSettings,
  DEFAULT_BRAND_NAME,
  faultsOfBrand,
} from './brand.ts';
export { type Palette, paletteOf } from './palette.ts';
