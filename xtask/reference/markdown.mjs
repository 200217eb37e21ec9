// @ts-check
// The reference of one entry as Markdown, out of its .d.ts. Pure: reads and writes no file.

import { ts } from "@ts-morph/common";

/** @typedef {import("@ts-morph/common").ts.SourceFile} SourceFile */
/** @typedef {import("@ts-morph/common").ts.Node} Node */

/**
 * @param {string} entry what it is imported as
 * @param {string} file where its types are, from the root of the repository
 * @param {string} text of the types
 */
export function reference(entry, file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const about = /^(?:\/\/ ?.*\n)+/.exec(text)?.[0].replaceAll(/^\/\/ ?/gm, "").trim();
  const parts = source.statements.filter(isPublic).map((statement) => part(source, statement));
  return [`# \`${entry}\``, about, `Made by \`cargo xtask docs\` from [\`${file}\`](../../${file}).`, ...parts].filter(Boolean).join("\n\n") + "\n";
}

/** @param {Node} node */
function isPublic(node) {
  return !ts.isImportDeclaration(node) && !ts.isEmptyStatement(node);
}

/**
 * One declaration: its name, what it is for, and its members or its text.
 * @param {SourceFile} source
 * @param {Node} node
 */
function part(source, node) {
  const doc = documentation(node);
  const title = `## ${titleOf(source, node)}`;
  if ((ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) && node.members.length > 0) {
    const heritage = node.heritageClauses?.map((clause) => clause.getText(source)).join(" ");
    const kind = ts.isClassDeclaration(node) ? "class" : "interface";
    const head = code(`${kind} ${node.name?.text}${generics(source, node)}${heritage ? ` ${heritage}` : ""}`);
    const rows = node.members.map((member) => `| ${inTable(code(withoutDocs(source, member)))} | ${inTable(documentation(member))} |`);
    return [title, head, doc, ["| | |", "|---|---|", ...rows].join("\n")].filter(Boolean).join("\n\n");
  }
  return [title, doc, `\`\`\`typescript\n${withoutDocs(source, node)}\n\`\`\``].filter(Boolean).join("\n\n");
}

/**
 * @param {SourceFile} source
 * @param {any} node
 */
function titleOf(source, node) {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map((one) => one.name.getText(source)).join(", ");
  if (ts.isExportDeclaration(node)) return "Also exported";
  if (ts.isModuleDeclaration(node)) return "Global types";
  return node.name.text;
}

/**
 * @param {SourceFile} source
 * @param {any} node
 */
function generics(source, node) {
  return node.typeParameters ? `<${node.typeParameters.map((/** @type {Node} */ one) => one.getText(source)).join(", ")}>` : "";
}

/**
 * The text of a declaration as it stands, without what documents it and without `export`.
 * @param {SourceFile} source
 * @param {Node} node
 */
function withoutDocs(source, node) {
  const text = source.text.slice(node.getStart(source, false), node.end);
  return text.replace(/^export (?!\{|\*|default)(?:declare )?/, "").trim();
}

/**
 * What the comment before a declaration says, as one paragraph for each of its own.
 * @param {Node} node
 */
function documentation(node) {
  const docs = ts.getJSDocCommentsAndTags(node).filter((one) => ts.isJSDoc(one));
  const text = docs.map((doc) => ts.getTextOfJSDocComment(/** @type {any} */ (doc).comment) ?? "").join("\n\n");
  return text.replaceAll(/([^\n])\n(?![\n-])/g, "$1 ").trim();
}

/** @param {string} text */
function code(text) {
  const ticks = text.includes("`") ? "``" : "`";
  return `${ticks}${text.replaceAll(/\s*\n\s*/g, " ").replace(/;$/, "")}${ticks}`;
}

/** @param {string} text */
function inTable(text) {
  return text.replaceAll("|", "\\|").replaceAll(/\n+/g, "<br>");
}
