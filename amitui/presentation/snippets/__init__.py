"""Images as code of other tools, which looks them up or pins them: one module a language, imported when asked."""
