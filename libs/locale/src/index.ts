export { parseAcceptLanguage } from './accept-language.ts';
export { listFallbackLocales, parseLocale } from './locale.ts';
export { formatDurationInWords, formatInstantInWords } from './words.ts';
