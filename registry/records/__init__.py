"""What all nouns share: their declaration, saving, lists, files and pages."""
