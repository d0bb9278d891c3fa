/** The sign of the product. */
export function Mark() {
  return (
    <svg aria-hidden="true" width="1.5rem" height="1.5rem" viewBox="0 0 32 32">
      <rect width="32" height="32" rx="8" fill="var(--md-accent)" />
      <path
        d="M8 22.5V10.2c0-.9 1.1-1.3 1.6-.6l5.6 7.2c.4.5 1.2.5 1.6 0l5.6-7.2c.5-.7 1.6-.3 1.6.6v12.3"
        fill="none"
        stroke="var(--md-on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
