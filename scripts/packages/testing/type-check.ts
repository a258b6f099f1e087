/** Compiles a project of another team, without writing files. */
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Compiles the files of a project, together with the type declarations of our packages that are installed in
 * it. Errors in the declarations of other packages are not reported, because finding them takes several times
 * as long as everything else.
 * @param folder the folder of the project, which contains `tsconfig.json`
 * @returns the messages of the compiler; empty if there are none
 */
export function typeCheckProject(folder: string): string {
  const file = join(folder, 'tsconfig.json');
  const parsed = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, ts.sys.readFile).config,
    ts.sys,
    folder,
  );
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const checked = program.getSourceFiles().filter(isOurs);
  const diagnostics = [
    ...parsed.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((source) => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]),
  ];
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  });
}

/** Returns whether a file belongs to the project itself, or to one of our packages. */
function isOurs({ fileName }: ts.SourceFile): boolean {
  return !fileName.includes('/node_modules/') || fileName.includes('/node_modules/@latchkey/');
}
