import CKernels

extension ThreadTeam {
  /// Floating-point operations a second that the team's threads reach together on registers alone;
  /// a multiply-add counts two. The best of a few measurements of about a millisecond.
  package func peakRate(level: SIMDLevel = InstructionSet.inUse) -> Double {
    let rounds = 200_000
    return whileAwake {
      (0..<5).map { _ in
        let start = ContinuousClock.now
        forEach(threadCount) { _, _ in _ = fma_probe(level, rounds) }
        let operations = Double(threadCount) * fma_probe(level, 1) * Double(rounds)
        return operations / (start.duration(to: .now) / .seconds(1))
      }.max()!
    }
  }
}
