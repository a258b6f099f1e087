/**
 * Creates mutants of a source file: copies of the file, each with one small fault, which a test should
 * detect.
 */
import ts from 'typescript';

export interface Mutant {
  /** The number of the line with the fault, starting at 1. */
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
  /** The source code of the whole file, including the fault. */
  readonly source: string;
}

const SWAPPED: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ['!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ['==='],
  [ts.SyntaxKind.LessThanToken]: ['<=', '>'],
  [ts.SyntaxKind.LessThanEqualsToken]: ['<', '>'],
  [ts.SyntaxKind.GreaterThanToken]: ['>=', '<'],
  [ts.SyntaxKind.GreaterThanEqualsToken]: ['>', '<'],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ['||'],
  [ts.SyntaxKind.BarBarToken]: ['&&'],
  [ts.SyntaxKind.PlusToken]: ['-'],
  [ts.SyntaxKind.MinusToken]: ['+'],
};

/**
 * Returns all mutants of a file:
 * - Comparisons, logical operators and arithmetic operators are swapped.
 * - Conditions are replaced by constants.
 * - Negations and `throw` statements are removed.
 * - Numbers and booleans are changed.
 * - Objects in lists and values in templates are removed.
 */
export function createMutants(source: string): readonly Mutant[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];

  function replace(node: ts.Node, replacement: string): void {
    const [start, end] = [node.getStart(file), node.getEnd()];
    found.push({
      line: file.getLineAndCharacterOfPosition(start).line + 1,
      original: source.slice(start, end),
      replacement,
      source: source.slice(0, start) + replacement + source.slice(end),
    });
  }

  function visit(node: ts.Node): void {
    // Skip type annotations, because Node removes them before the code runs.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node))
      for (const token of SWAPPED[node.operatorToken.kind] ?? []) replace(node.operatorToken, token);
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      replace(condition, 'true');
      replace(condition, 'false');
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      replace(node, node.operand.getText(file));
    if (ts.isArrayLiteralExpression(node))
      for (const element of node.elements)
        if (ts.isObjectLiteralExpression(element)) replace(element, '...[]');
    if (ts.isTemplateSpan(node)) replace(node.expression, "''");
    if (ts.isThrowStatement(node)) replace(node, '{}');
    if (ts.isNumericLiteral(node)) replace(node, `(${node.text} + 1)`);
    if (node.kind === ts.SyntaxKind.TrueKeyword) replace(node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) replace(node, 'true');
    ts.forEachChild(node, visit);
  }

  visit(file);
  return found;
}
