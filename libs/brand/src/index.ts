export {
  type Brand,
  brandNameField,
  brandSettings,
  createBrand,
  DEFAULT_BRAND_NAME,
  findFaultsInBrandSettings,
} from './brand.ts';
export { type BrandPalette, createPalette } from './palette.ts';
