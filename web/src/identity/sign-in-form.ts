export type SignInErrors = {
  email?: "signIn.emailMissing" | "signIn.emailWrong";
  password?: "signIn.passwordMissing";
};

/** What is missing before it is worth asking the server; keys of the words for it. */
export function validateSignIn(values: { email: string; password: string }): SignInErrors {
  const errors: SignInErrors = {};
  const email = values.email.trim();
  if (email === "") errors.email = "signIn.emailMissing";
  else if (!/^\S+@\S+$/.test(email)) errors.email = "signIn.emailWrong";
  if (values.password === "") errors.password = "signIn.passwordMissing";
  return errors;
}
