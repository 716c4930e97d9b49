"""Is its entry in the configuration file safe to keep?"""
