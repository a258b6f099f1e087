export { parseAcceptLanguage } from './accept-language.ts';
export { listFallbackLocales, parseLocale } from './locale.ts';
export { durationInWords, instantInWords } from './words.ts';
