export { fallbackLocales, parseLocale } from './locale.ts';
export { durationInWords, instantInWords } from './words.ts';
