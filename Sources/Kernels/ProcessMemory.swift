import CKernels

/// The memory of the whole process; for a command, not for a library in somebody else's.
package enum ProcessMemory {
  /// Keeps freed blocks for the next ones: a run's tensors are as many megabytes as those of the
  /// run before, and clearing new pages would cost a third of a comparison's time.
  package static func keepWhatIsFreed() { keep_freed_memory(128 << 20) }
}
