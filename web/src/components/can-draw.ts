/** Whether this machine has a picture for an emoji: some have no font for any, older ones lack the newer. */

const SIDE = 24;
/** No character, so that every font draws its sign for "missing". */
const NOTHING = "\u{10FFFF}";
const known = new Map<string, boolean>();

export function canDraw(icon: string): boolean {
  // Letters and plain signs have glyphs of their own.
  if (!/\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(icon)) return icon !== "";
  let can = known.get(icon);
  if (can === undefined) {
    can = look(icon);
    known.set(icon, can);
  }
  return can;
}

function look(icon: string): boolean {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  // Where nobody can look, the emoji is shown as it is.
  if (brush === null) return true;
  const drawn = draw(brush, icon);
  return hasColour(drawn) || !isSame(drawn, draw(brush, NOTHING));
}

function draw(brush: CanvasRenderingContext2D, text: string): Uint8ClampedArray {
  brush.clearRect(0, 0, SIDE, SIDE);
  brush.textBaseline = "top";
  brush.font = `${SIDE * 0.7}px ${getComputedStyle(document.body).fontFamily}`;
  brush.fillText(text, 0, 0);
  return brush.getImageData(0, 0, SIDE, SIDE).data;
}

/** Black ink leaves no colour; pictures have some. */
function hasColour(pixels: Uint8ClampedArray): boolean {
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return true;
  }
  return false;
}

const isSame = (one: Uint8ClampedArray, other: Uint8ClampedArray) => one.every((value, at) => value === other[at]);
