/** Finds the exports of packages that have no doc comment. */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Returns the exports of the given workspaces' entry points that have no doc comment, each as `file name`. Exports of
 * generated declarations are left out.
 */
export function findUndocumentedExports(workspaces: readonly string[]): readonly string[] {
  const entries = workspaces.flatMap((workspace) => {
    const { exports }: Manifest = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
    return Object.values(exports)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, workspace, file));
  });
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const found = entries.flatMap((entry) => {
    const file = program.getSourceFile(entry);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${entry} exports nothing`);
    return checker.getExportsOfModule(module).flatMap((symbol) => nameIfUndocumented(symbol, checker));
  });
  return [...new Set(found)].toSorted();
}

function nameIfUndocumented(symbol: ts.Symbol, checker: ts.TypeChecker): readonly string[] {
  const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (own.getDocumentationComment(checker).length > 0) return [];
  const file = own.declarations?.[0]?.getSourceFile().fileName ?? '';
  if (file.endsWith('.d.ts')) return [];
  return [`${relative(root, file)} ${own.name}`];
}
