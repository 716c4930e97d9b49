"""Do its texts instruct the model?"""
