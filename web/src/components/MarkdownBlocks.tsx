/**
 * Markdown as React elements, without a step through HTML: what a model or a document wrote can
 * only become the elements below. Raw HTML stays visible text, images become links, and links
 * lead only to web and mail addresses.
 */
import { IconSquare, IconSquareCheckFilled } from "@tabler/icons-react";
import { lexer, type Token, type Tokens } from "marked";
import { createElement, type JSX, memo, type ReactNode, useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { GrowingLexer, presentable } from "./live-markdown";
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
  // A key or a click comes before the next words of the text.
  const shown = useDeferredValue(text);
  const [growing] = useState(() => new GrowingLexer());
  const tokens = useMemo(
    () => (isLive ? growing.read(presentable(shown)) : lexer(text)),
    [growing, isLive, shown, text],
  );
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
    <Item key={index} item={item} shift={shift} />
  ));
  if (!list.ordered) return <ul>{items}</ul>;
  return <ol start={list.start === "" ? 1 : list.start}>{items}</ol>;
}

const Item = memo(
  ({ item, shift }: { item: Tokens.ListItem; shift: number }) => (
    <li data-check={item.task || undefined}>
      {item.task ? <Check isDone={item.checked === true} /> : null}
      {blocks(item.tokens.filter((token) => token.type !== "checkbox"), shift)}
    </li>
  ),
  (before, after) =>
    before.shift === after.shift && before.item.raw === after.item.raw &&
    before.item.loose === after.item.loose,
);

function Check({ isDone }: { isDone: boolean }) {
  const { t } = useTranslation();
  const Icon = isDone ? IconSquareCheckFilled : IconSquare;
  return (
    <span className={classes.check} role="img" data-done={isDone} aria-label={t(isDone ? "text.checked" : "text.unchecked")}>
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
          {table.rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows
            <Row key={index} row={row} words={row.map((cell) => cell.text).join("\0")} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(
  ({ row }: { row: Tokens.TableCell[]; words: string }) => (
    <tr>
      {row.map((item, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- columns
        <td key={index} style={cellStyle(item)}>{inline(item.tokens)}</td>
      ))}
    </tr>
  ),
  (before, after) => before.words === after.words,
);

function inline(tokens: Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => inlineOne(token, index));
}

const LINE_BREAK = /^<br\s*\/?>$/i;

type Inline = (token: Token, key: number) => ReactNode;

const INLINES: Record<string, Inline> = {
  strong: (token, key) => <strong key={key}>{inline((token as Tokens.Strong).tokens)}</strong>,
  em: (token, key) => <em key={key}>{inline((token as Tokens.Em).tokens)}</em>,
  del: (token, key) => <del key={key}>{inline((token as Tokens.Del).tokens)}</del>,
  codespan: (token, key) => <code key={key}>{(token as Tokens.Codespan).text}</code>,
  br: (_, key) => <br key={key} />,
  html: (token, key) => (LINE_BREAK.test(token.raw.trim()) ? <br key={key} /> : token.raw),
  checkbox: () => null,
  link: (token, key) => {
    const { href, tokens } = token as Tokens.Link;
    return <Outbound key={key} href={href}>{inline(tokens)}</Outbound>;
  },
  image: (token, key) => {
    const { href, text } = token as Tokens.Image;
    return <Outbound key={key} href={href}>{text || href}</Outbound>;
  },
  text: (token) => {
    const { text, tokens } = token as Tokens.Text;
    return tokens === undefined ? decodeEntities(text) : inline(tokens);
  },
  escape: (token) => (token as Tokens.Escape).text,
};

const inlineOne: Inline = (token, key) => (INLINES[token.type] ?? (() => token.raw))(token, key);

function Outbound({ href, children }: { href: string; children: ReactNode }) {
  const address = safeAddress(href);
  if (address === null) return children;
  return <a href={address} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;
}
