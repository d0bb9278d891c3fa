/** Put a text on the clipboard, with its formatted form beside it. False when the browser refuses. */
export async function copyText(plain: string, html: string | null): Promise<boolean> {
  try {
    if (html !== null && typeof ClipboardItem === "function") {
      const item = new ClipboardItem({
        "text/plain": new Blob([plain], { type: "text/plain" }),
        "text/html": new Blob([html], { type: "text/html" }),
      });
      await navigator.clipboard.write([item]);
    } else {
      await navigator.clipboard.writeText(plain);
    }
    return true;
  } catch {
    return copyBySelection(plain);
  }
}

/** On plain http there is no clipboard object; copying a selection still works there. */
function copyBySelection(plain: string): boolean {
  const field = document.createElement("textarea");
  field.value = plain;
  field.className = "only-read-aloud";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
