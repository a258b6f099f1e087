export { fallbacks, parseLocale } from './locale.ts';
export { countInWords, instantInWords } from './words.ts';
