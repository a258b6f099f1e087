export {
  EXPORT_VERSION,
  type ExportDocument,
  type ExportedMail,
  exportDocumentSchema,
  exportedMailSchema,
} from './document.ts';
export { type ExportParts, writeExportDocument } from './write-document.ts';
