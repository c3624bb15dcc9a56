"""What does one file say? Bytes become `ModuleFacts`; nothing here ever looks at another file."""
