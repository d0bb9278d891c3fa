/** Where the content of an upload is read; the browser sends the cookie along. */
export const contentUrl = (uploadId: string) => `/api/v1/uploads/${encodeURIComponent(uploadId)}/content`;
