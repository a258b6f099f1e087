export { parseAcceptLanguage } from './accept-language.ts';
export { fallbackLocales, parseLocale } from './locale.ts';
export { durationInWords, instantInWords } from './words.ts';
