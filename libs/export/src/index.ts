export {
  EXPORT_VERSION,
  type ExportDocument,
  type ExportedMail,
  exportDocument,
  exportedMail,
} from './document.ts';
export { type ExportParts, writeDocument } from './write-document.ts';
