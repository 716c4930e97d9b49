"""Who else can reach it over HTTP?"""
