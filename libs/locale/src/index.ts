export { fallbackLocales, parseLocale } from './locale.ts';
export { countInWords, instantInWords } from './words.ts';
