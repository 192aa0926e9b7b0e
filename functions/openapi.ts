export function openApi(url: string): object {
  return { openapi: '3.1.0', servers: [{ url }] }
}
