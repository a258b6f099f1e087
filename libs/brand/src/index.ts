export {
  type Brand,
  brandNameField,
  brandOf,
  brandSettings,
  brandSettingsFaults,
  DEFAULT_BRAND_NAME,
} from './brand.ts';
export { type Palette, paletteOf } from './palette.ts';
