import { render } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { lexer } from "marked";
import { GrowingLexer, presentable } from "@/components/live-markdown";
import { MarkdownBlocks } from "@/components/MarkdownBlocks";
import { CORPUS } from "../executions/editor/corpus";
import { decodeEntities, safeAddress } from "@/components/markdown-text";
import { startI18n } from "@/i18n";

const html = (text: string) => render(<MarkdownBlocks text={text} />).container;

beforeAll(startI18n);

describe("markdown", () => {
  it("becomes headings under the page's title, whatever level it starts at", () => {
    const levels = [...html("### A\n\n#### B\n\ntext").querySelectorAll("h2,h3,h4")].map((node) => node.tagName);
    expect(levels).toEqual(["H2", "H3"]);
  });

  it("becomes lists, check lists, tables, code, quotes", () => {
    const node = html("3. c\n4. d\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```js\nx < y\n```\n\n> so");
    expect(node.querySelector("ol")?.getAttribute("start")).toBe("3");
    expect([...node.querySelectorAll("[role=img]")].map((each) => each.getAttribute("aria-label"))).toEqual(["Done", "To do"]);
    expect(node.querySelectorAll("td")).toHaveLength(2);
    expect(node.querySelector("pre")?.textContent).toBe("x < y");
    expect(node.querySelector("blockquote")?.textContent).toBe("so");
  });

  it("keeps the blocks before the last one while it grows", () => {
    const { container, rerender } = render(<MarkdownBlocks text={"One.\n\nTwo"} isLive />);
    const first = container.querySelector("p");
    rerender(<MarkdownBlocks text={"One.\n\nTwo and three.\n\n- four"} isLive />);
    expect(container.querySelector("p")).toBe(first);
    expect(container.querySelectorAll("p")).toHaveLength(2);
  });

  it("reads HTML's names of characters, and shows everything else as it stands", () => {
    expect(html("a &amp; b &lt;i&gt; &#233; &nope; 1 < 2").textContent).toBe("a & b <i> é &nope; 1 < 2");
    expect(decodeEntities("&#xD800; &#99999999;")).toBe("&#xD800; &#99999999;");
  });
});

describe("hostile text", () => {
  it.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <b onclick=x>b</b> <iframe src=//evil></iframe>",
    "<svg><a href=javascript:alert(1)>x</a></svg>",
    "| <img src=x> |\n|---|\n| <script>x</script> |",
    "# <style>*{display:none}</style>",
    "![x](javascript:alert(1)) [x](javascript:alert(1)) [y](data:text/html,x) [z](vbscript:x)",
    "[x](  java\tscript:alert(1)) <javascript:alert(1)>",
    "[a](/app/logout) [b](//evil.example) ![track](https://evil.example/pixel.png)",
  ])("%s", (text) => {
    const node = html(text);
    expect(node.querySelector("script,img,iframe,style,object,embed,[onclick],[onerror],[src]")).toBeNull();
    for (const link of node.querySelectorAll("a")) {
      expect(link.getAttribute("href")).toMatch(/^(https?|mailto):/);
      expect(link.getAttribute("rel")).toContain("noopener");
    }
  });

  it("leads only to web and mail addresses", () => {
    expect(safeAddress("https://a.example/x?y=1")).toBe("https://a.example/x?y=1");
    expect(safeAddress("mailto:a@b.c")).toBe("mailto:a@b.c");
    for (const bad of ["javascript:1", "data:text/html,1", "/here", "file:///etc", "JaVaScRiPt:1", ""]) {
      expect(safeAddress(bad)).toBeNull();
    }
  });
});

describe("a text that grows", () => {
  const whole = Object.values(CORPUS).filter((text) => !text.includes("]: ")).join("\n\n").repeat(3);

  it("is at every length the same as if it had been read at once", () => {
    const growing = new GrowingLexer();
    for (let length = 0; length <= whole.length; length += 7) {
      const text = whole.slice(0, length);
      expect(growing.read(text).map((token) => token.raw)).toEqual(lexer(text).map((token) => token.raw));
    }
  });

  it("is read and drawn again only at its end", () => {
    const growing = new GrowingLexer();
    const before = growing.read(whole);
    const after = growing.read(`${whole}\n\nmore words`);
    const kept = before.filter((token, index) => token === after[index]);
    expect(before.length - kept.length).toBeLessThanOrEqual(4);
    const { container, rerender } = render(<MarkdownBlocks text={whole} isLive />);
    const first = container.firstElementChild?.firstElementChild;
    const n = container.firstElementChild?.childElementCount ?? 0;
    rerender(<MarkdownBlocks text={`${whole}\n\nmore words`} isLive />);
    expect(container.firstElementChild?.firstElementChild).toBe(first);
    expect(container.firstElementChild?.childElementCount).toBe(n + 1);
  });

  it("begins anew when it is another text", () => {
    const growing = new GrowingLexer();
    growing.read("one\n\ntwo\n\nthree");
    expect(growing.read("# other").map((token) => token.type)).toEqual(["heading"]);
  });

  it.each([
    ["**bo", "**bo**"], ["a **", "a "], ["a *it", "a *it*"], ["`co", "`co`"], ["~~str", "~~str~~"],
    ["see [the pa", "see the pa"], ["see [the page](https://exa", "see the page"], ["# ", ""], ["text\n-", "text\n"],
    ["- one\n- [", "- one\n"], ["- one\n- [x] ", "- one\n"], ["| a | b |\n| -", ""], ["12.", ""], ["**done** and", "**done** and"],
    ["```js\nlet a = 1 * 2\n``", "```js\nlet a = 1 * 2\n"], ["a **b** c **", "a **b** c "],
  ])("does not show signs that are half written: %j", (text, shown) => {
    expect(presentable(text)).toBe(shown);
  });
});
