"""Where do the seconds of a collection go? A traced session becomes spans, an import graph, and the imports worth deferring."""
