"""The plugins that ship with Sanbao. They come in through the same entry points as anybody else's."""
