"""The frame around every page: middleware, errors, sign-in, what was typed and not saved, menu, serving."""
