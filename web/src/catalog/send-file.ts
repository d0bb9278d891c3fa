/** Sending one file: by XMLHttpRequest, because fetch cannot tell how far it has come. */
import { reportSignedOut } from "@/api/client";
import { readProblem, unreachable } from "@/api/errors";
import type { Upload } from "@/api/types";

type Sending = {
  executionId: string;
  inputName: string;
  key: string;
  file: File;
  onProgress: (sent: number) => void;
  signal: AbortSignal;
};

/** @throws ApiError, and an AbortError when it was cancelled. */
export function sendFile({ executionId, inputName, key, file, onProgress, signal }: Sending): Promise<Upload> {
  const query = new URLSearchParams({ input_name: inputName, name: file.name, client_id: key });
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/executions/${encodeURIComponent(executionId)}/uploads?${query}`);
    request.setRequestHeader("Accept-Language", document.documentElement.lang || "en");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    request.addEventListener("load", () => {
      const body = readJson(request.responseText);
      if (request.status === 201) return resolve(body as Upload);
      if (request.status === 401) reportSignedOut();
      return reject(readProblem(request.status, body));
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
