/**
 * Markdown as React elements, without a step through HTML: what a model or a document wrote can
 * only become the elements below. Raw HTML stays visible text, images become links, and links
 * lead only to web and mail addresses.
 */
import { IconSquare, IconSquareCheckFilled } from "@tabler/icons-react";
import { lexer, type Token, type Tokens } from "marked";
import { createElement, type JSX, memo, type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { decodeEntities, safeAddress } from "./markdown-text";
import classes from "./Markdown.module.css";

export type MarkdownProps = {
  text: string;
  /** Level of the shallowest heading in the text: 2 under a page's title. */
  topHeading?: number;
  /** Shows the assistant's caret after the last word. */
  isLive?: boolean;
};

export function MarkdownBlocks({ text, topHeading = 2, isLive = false }: MarkdownProps) {
  const tokens = useMemo(() => lexer(text), [text]);
  const shift = topHeading - shallowestHeading(tokens);
  return (
    <div className={classes.text} data-live={isLive}>
      {tokens.map((token, index) => (
        // A block that is complete keeps its place and its words, so it is drawn once.
        // oxlint-disable-next-line react/no-array-index-key -- blocks are only ever appended
        <Block key={index} raw={token.raw} token={token} shift={shift} />
      ))}
    </div>
  );
}

function shallowestHeading(tokens: Token[]): number {
  const depths = tokens.map((token) =>
    token.type === "heading" ? (token as Tokens.Heading).depth : 6,
  );
  return Math.min(6, ...depths);
}

const Block = memo(
  ({ token, shift }: { token: Token; raw: string; shift: number }) => block(token, shift),
  (before, after) => before.raw === after.raw && before.shift === after.shift,
);

function blocks(tokens: Token[] | undefined, shift: number): ReactNode[] {
  return (tokens ?? []).map((token, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- tokens have no name but their place
    <Block key={index} raw={token.raw} token={token} shift={shift} />
  ));
}

function block(token: Token, shift: number): ReactNode {
  switch (token.type) {
    case "heading": {
      const level = Math.min(6, Math.max(1, (token as Tokens.Heading).depth + shift));
      return createElement(`h${level}` as keyof JSX.IntrinsicElements, null, inline(token.tokens));
    }
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "text":
      return token.tokens === undefined ? decodeEntities(token.text) : inline(token.tokens);
    case "list":
      return <List list={token as Tokens.List} shift={shift} />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens, shift)}</blockquote>;
    case "code":
      return <Code text={(token as Tokens.Code).text} />;
    case "table":
      return <Table table={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "html":
      return <p>{token.raw.trim()}</p>;
    default:
      return null;
  }
}

function List({ list, shift }: { list: Tokens.List; shift: number }) {
  const items = list.items.map((item, index) => (
    // oxlint-disable-next-line react/no-array-index-key -- items have no name but their place
    <li key={index} data-check={item.task || undefined}>
      {item.task ? <Check isDone={item.checked === true} /> : null}
      {blocks(item.tokens.filter((token) => token.type !== "checkbox"), shift)}
    </li>
  ));
  if (!list.ordered) return <ul>{items}</ul>;
  return <ol start={list.start === "" ? 1 : list.start}>{items}</ol>;
}

function Check({ isDone }: { isDone: boolean }) {
  const { t } = useTranslation();
  const Icon = isDone ? IconSquareCheckFilled : IconSquare;
  return (
    <span className={classes.check} role="img" aria-label={t(isDone ? "text.checked" : "text.unchecked")}>
      <Icon aria-hidden="true" size="1.125rem" stroke={1.5} />
    </span>
  );
}

const cellStyle = ({ align }: Tokens.TableCell) =>
  align === null ? undefined : ({ textAlign: align } as const);

/** What may be wider than the page scrolls by itself, and can be reached by keyboard. */
function Code({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <pre role="region" aria-label={t("text.code")} tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}

function Table({ table }: { table: Tokens.Table }) {
  const { t } = useTranslation();
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
    <div className={classes.table} role="region" aria-label={t("text.table")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.header.map((item, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- columns
              <th key={index} scope="col" style={cellStyle(item)}>{inline(item.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, rowIndex) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows
            <tr key={rowIndex}>
              {row.map((item, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- columns
                <td key={index} style={cellStyle(item)}>{inline(item.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => inlineOne(token, index));
}

function inlineOne(token: Token, key: number): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong key={key}>{inline(token.tokens)}</strong>;
    case "em":
      return <em key={key}>{inline(token.tokens)}</em>;
    case "del":
      return <del key={key}>{inline(token.tokens)}</del>;
    case "codespan":
      return <code key={key}>{token.text}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return <Outbound key={key} href={token.href}>{inline(token.tokens)}</Outbound>;
    case "image":
      return <Outbound key={key} href={token.href}>{token.text || token.href}</Outbound>;
    case "text":
      return token.tokens === undefined ? decodeEntities(token.text) : inline(token.tokens);
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

function Outbound({ href, children }: { href: string; children: ReactNode }) {
  const address = safeAddress(href);
  if (address === null) return children;
  return <a href={address} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;
}
