"""What a user asks for: one public function a file, named as the user would say it. Effects come in as ports."""
