namespace MoEPlace.Simulation.Network;

/// <summary>What all pools of a network know of its links.</summary>
internal sealed class PoolLinks
{
    internal PoolLinks(NetworkLinks links)
    {
        (BytesPerPicosecond, IsColumn, Places) = (links.BytesPerSecond.ToArray(), new bool[links.Count], new int[links.Count]);
        for (var link = 0; link < links.Count; link++)
        {
            BytesPerPicosecond[link] *= 1e-12;
            IsColumn[link] = links.KindOf(link) is LinkKind.IntraNodeIn or LinkKind.NicIn or LinkKind.NodeSwitch
                or LinkKind.LeafUp or LinkKind.HostIn or LinkKind.StorageOut;
        }
    }

    /// <summary>[links] capacities.</summary>
    internal double[] BytesPerPicosecond { get; }

    /// <summary>[links] on which side of a crossbar a link is: of every route of two links one is a row and one a column.</summary>
    internal bool[] IsColumn { get; }

    /// <summary>[links] the place of each link in its pool; a link is in one pool at most.</summary>
    internal int[] Places { get; }
}
