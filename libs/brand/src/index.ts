export {
  type Brand,
  brandNameField,
  brandSettings,
  createBrand,
  DEFAULT_BRAND_NAME,
  findBrandSettingsFaults,
} from './brand.ts';
export { type BrandPalette, createPalette } from './palette.ts';
