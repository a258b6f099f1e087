export { type Brand, brandNameField, brandOf, brandSettings, DEFAULT_NAME, faultsOfBrand } from './brand.ts';
export { type Palette, paletteOf } from './palette.ts';
