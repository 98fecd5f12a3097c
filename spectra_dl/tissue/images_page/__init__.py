"""The page that predict writes of images: the answers, shares, and where a fine-tuned model looked."""
