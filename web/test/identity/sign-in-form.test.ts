import { expect, it } from "vitest";
import { validateSignIn } from "@/identity/sign-in-form";

it.each([
  [{ email: "", password: "" }, { email: "signIn.emailMissing", password: "signIn.passwordMissing" }],
  [{ email: "ada", password: "x" }, { email: "signIn.emailWrong" }],
  [{ email: " ada@example.com ", password: "x" }, {}],
])("%o", (values, errors) => expect(validateSignIn(values)).toEqual(errors));
