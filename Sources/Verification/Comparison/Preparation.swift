import Detection
import Interpreter
import Kernels
import Tensors

/// What can be prepared before the first image is compared, in two stages of two steps each that run
/// side by side:
///
/// 1. the graphs are joined and resolved for the size that pictures will have, while the first image
///    is decoded and scaled;
/// 2. how the graphs decode is found out and their run is planned, while their ends are cut off and
///    the weights are packed.
///
/// Nothing here fails: a step that cannot be done is left to the comparison, which says why.
struct Preparation {
  let joint: JointGraph
  /// The first image with its name.
  let image: (name: String, image: Result<PreparedImage, Refusal>)?
  /// What the graphs' inputs will be fed; `nil` where that goes by the image.
  let fed: Pair<ResolvedGraph.Description>?
  let pair: PreparedPair?

  /// - Parameter first: the image that will be compared first.
  init(
    _ models: Pair<LoadedModel>, _ inputs: Pair<ImageInput>, _ sizing: InputSizing,
    first: ImageSource?, options: ComparisonOptions, on team: ThreadTeam
  ) {
    let fed = first == nil ? nil : inputs.pictures(sizing)
    let (graphs, image) = team.both {
      Self.resolvedGraphs(models, inputs, fed: fed, options)
    } _: {
      first.map { first in
        (
          first.name,
          Result { () throws(Refusal) in
            try first.prepared(for: inputs, sizing, options.preprocessings)
          }
        )
      }
    }
    // Each of the two that run side by side is one thread.
    let alone = ThreadTeam(threadCount: 1)
    let ends = try? image?.1.get().tensors
    let prepared = graphs.resolved.flatMap { resolved in
      let (pair, tails) = team.both {
        try? PreparedPair(models, resolved, on: alone)
      } _: {
        // The weights last, beside the memory that finding out how the graphs decode has given back.
        defer { resolved.run.packWeights(on: alone) }
        return options.stressCases > 0
          ? ends.map { TailPair.cut(models, resolved, inputs, $0, options) } : nil
      }
      return pair.map { pair in
        var pair = pair
        pair.tails = tails
        return pair
      }
    }
    joint = graphs.joint
    self.image = image
    self.fed = fed
    pair = prepared
  }

  private static func resolvedGraphs(
    _ models: Pair<LoadedModel>, _ inputs: Pair<ImageInput>,
    fed: Pair<ResolvedGraph.Description>?, _ options: ComparisonOptions
  ) -> (joint: JointGraph, resolved: ResolvedPair?) {
    let joint = JointGraph(
      models.map(\.model),
      pairedInputs: inputs.takesTheSame && options.feedsTheSame ? [inputs.map(\.name)] : [])
    return (
      joint,
      fed.flatMap { try? ResolvedPair(models, inputs, fed: $0, joint: joint, options) }
    )
  }
}

extension TailPair {
  /// The ends of two resolved graphs, or why they cannot be cut off.
  fileprivate static func cut(
    _ models: Pair<LoadedModel>, _ resolved: ResolvedPair, _ inputs: Pair<ImageInput>,
    _ images: Pair<Tensor>, _ options: ComparisonOptions
  ) -> Result<TailPair, Refusal> {
    Result { () throws(Refusal) in
      try TailPair(
        models, resolved.endings, resolved.lookups, inputs, images, sharing: options.sharesNodes)
    }
  }
}
